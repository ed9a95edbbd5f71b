-- How much principals may use, in units: shared/limits/allowances.py has what a unit is.

-- name: draw
SELECT principal_id, granted, units_left
FROM ops.draw_allowances(
    %(principal_ids)s::uuid[], %(owed)s::double precision[], %(wanted)s::double precision[], %(rate)s, %(burst)s
);

-- name: forget
SELECT ops.forget_full_allowances(%(rate)s, %(burst)s);
