-- People type the end of an id, which is random, rather than its beginning, which is the time. Four characters leave one run of a million.
CREATE INDEX "run_id_end" ON "run" (right("id", 4));
