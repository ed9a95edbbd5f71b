// In the app's frame: the least contrast of its texts (WCAG 2.2, 1.4.3) and of its lines and bars (1.4.11), and where.
() => {
  const parsed = (color) => {
    const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number);
    return { channels: [r, g, b], alpha: a };
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { channels, alpha } = parsed(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return channels;
      if (alpha > 0) throw new Error(`half a background at ${at.tagName}`);
    }
    throw new Error("no background");
  };
  const luminance = (channels) => {
    const [r, g, b] = channels.map((one) => one / 255).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const visible = (element) => element.checkVisibility() && !element.closest(".unseen") && !element.closest(":disabled");
  const own = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const least = (elements, property) => {
    const found = elements.filter(visible).map((element) => {
      const style = getComputedStyle(element);
      const color = element.closest("svg") ? style[property] : style.color;
      return [contrast(parsed(color).channels, behind(element)), `${element.tagName} ${element.textContent.slice(0, 30)}`];
    });
    return found.reduce((a, b) => (b[0] < a[0] ? b : a), [21, "nothing"]);
  };
  return {
    texts: least([...document.body.querySelectorAll("*")].filter(own).filter(({ tagName }) => !/SCRIPT|OPTION/.test(tagName)), "fill"),
    bars: least([...document.querySelectorAll("svg .fill")], "fill"),
    lines: least([...document.querySelectorAll("svg .line")], "stroke"),
  };
}
