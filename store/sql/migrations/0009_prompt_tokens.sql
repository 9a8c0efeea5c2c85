-- Tokens of the whole prompt, cached or not; NULL when none were counted.
CREATE OR REPLACE MACRO prompt_tokens(input, read, written) AS CASE
  WHEN coalesce(input, read, written) IS NOT NULL THEN coalesce(input, 0) + coalesce(read, 0) + coalesce(written, 0)
END;
