-- Tasks that ask their client in the middle: what they ask, what they are answered, and what they noted meanwhile.

ALTER TABLE ops.tasks
    DROP CONSTRAINT tasks_status_check,
    ADD CONSTRAINT tasks_status_check
        CHECK (status IN ('working', 'input_required', 'completed', 'failed', 'cancelled')),
    ADD COLUMN rounds integer NOT NULL DEFAULT 0 CHECK (rounds BETWEEN 0 AND 10),
    ADD COLUMN input_requests json CHECK (octet_length(input_requests::text) <= 100000),
    ADD COLUMN input_responses json CHECK (octet_length(input_responses::text) <= 2000000),
    ADD COLUMN request_state json CHECK (octet_length(request_state::text) <= 2000000),
    ADD CHECK ((status = 'input_required') = (input_requests IS NOT NULL)),
    ADD CHECK (status IN ('working', 'input_required') OR (input_responses IS NULL AND request_state IS NULL));

COMMENT ON COLUMN ops.tasks.rounds IS 'How often its client was asked since it is a task.';
COMMENT ON COLUMN ops.tasks.input_requests IS
    'What the client has not answered yet, by the tool''s names. Like a result, it may tell of rows.';
COMMENT ON COLUMN ops.tasks.input_responses IS 'What the client has answered in the last round, by the tool''s names.';
COMMENT ON COLUMN ops.tasks.request_state IS 'The text that the tool left for its next round, as a JSON string.';
COMMENT ON COLUMN ops.tasks.attempts IS 'How many instances have begun the work, or gone on with it after a round.';

-- It has one more parameter by now. A new database has no function yet.
DROP FUNCTION IF EXISTS ops.take_over_task(uuid, interval);
