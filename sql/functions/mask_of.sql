-- An array of which element n is true where n is among the numbers; NULL for none. False rather than NULL between
-- them: a subscript of an array without NULLs is one step, however long the array. Never shorter than 128: PostgreSQL
-- packs short values, and would unpack this one for each row.
CREATE OR REPLACE FUNCTION access.mask_of(numbers integer[])
RETURNS boolean[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    mask boolean[];
    number integer;
BEGIN
    IF cardinality(numbers) > 0 THEN
        mask := array_fill(false, ARRAY[greatest(128, (SELECT max(n) FROM unnest(numbers) AS n))]);
        FOREACH number IN ARRAY numbers LOOP
            mask[number] := true;
        END LOOP;
    END IF;
    RETURN mask;
END
$$;

COMMENT ON FUNCTION access.mask_of(integer[]) IS 'Numbers (from 1) as a boolean array. For the functions of this schema.';
