-- The words of products, for search by words: an inverted index in two tables. PostgreSQL's own full-text ranking does not
-- weigh how rare a word is, and under row-level security no index serves its operators, which are not leakproof.

CREATE TABLE ops.words (
    word text PRIMARY KEY CHECK (length(word) <= 2046)
);
CREATE INDEX words_alike ON ops.words USING gin (word extensions.gin_trgm_ops) WITH (fastupdate = off);
COMMENT ON TABLE ops.words IS 'Every word that a product has or had: for what is misspelled.';

CREATE TABLE ops.product_words (
    word text NOT NULL, -- of ops.words; a foreign key would double the time of writing
    product_id integer NOT NULL REFERENCES retail.products ON DELETE CASCADE,
    weight real NOT NULL,
    PRIMARY KEY (word, product_id)
);
CREATE INDEX product_words_by_product ON ops.product_words (product_id);
COMMENT ON TABLE ops.product_words IS 'Words of a product''s name, number and description, as to_tsvector(''english'') finds them.';
COMMENT ON COLUMN ops.product_words.weight IS 'How much the word says of the product: BM25''s share of a term, 0 to 2.2.';
