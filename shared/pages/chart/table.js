// The rows as they are: what the chart is drawn from, and all of it, a hundred at a time.

const PAGE_ROWS = 100;

/** show(first): what leads to another page, whose first row is that. */
function newTablePage(columns, rowCount, first, name, show) {
  const frame = document.createElement("div");
  frame.className = "scroll";
  frame.tabIndex = 0;
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", `Table: ${name}`);
  frame.append(newTable(columns, rowCount, first, name));
  return rowCount > PAGE_ROWS ? [frame, newTurner(rowCount, first, show)] : [frame];
}

function newTable(columns, rowCount, first, name) {
  const table = document.createElement("table");
  table.className = rowCount === 1 ? "one" : "";
  table.setAttribute("aria-rowcount", rowCount + 1);
  const caption = table.createCaption();
  caption.className = "unseen";
  caption.textContent = name;
  const head = table.createTHead().insertRow();
  head.append(...columns.map(newHeading));
  const body = table.createTBody();
  for (let row = first; row < Math.min(first + PAGE_ROWS, rowCount); row += 1) {
    const line = document.createElement("tr");
    line.setAttribute("aria-rowindex", row + 2);
    for (const column of columns) {
      const cell = document.createElement("td");
      cell.className = column.kind;
      cell.textContent = printCell(column, column.cells[row]);
      line.append(cell);
    }
    body.append(line);
  }
  return table;
}

function newHeading(column) {
  const cell = document.createElement("th");
  cell.scope = "col";
  cell.className = column.kind;
  cell.textContent = column.name;
  const unit = unitName(column.unit);
  if (unit) {
    const small = document.createElement("small");
    small.textContent = unit;
    cell.append(" ", small);
  }
  return cell;
}

function newTurner(rowCount, first, show) {
  const turner = document.createElement("nav");
  turner.setAttribute("aria-label", "Pages of the table");
  const newButton = (id, name, to) => {
    const button = document.createElement("button");
    button.type = "button";
    button.id = id;
    button.textContent = name;
    button.disabled = to < 0 || to >= rowCount;
    button.addEventListener("click", () => show(to, id));
    return button;
  };
  const place = document.createElement("span");
  place.setAttribute("role", "status");
  const last = Math.min(first + PAGE_ROWS, rowCount);
  place.textContent = `Rows ${printCount(first + 1)} to ${printCount(last)} of ${printCount(rowCount)}`;
  turner.append(newButton("previous", "Previous", first - PAGE_ROWS), place, newButton("next", "Next", first + PAGE_ROWS));
  return turner;
}
