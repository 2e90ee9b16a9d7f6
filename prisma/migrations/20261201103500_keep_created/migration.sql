-- Whether the first answer under a key said that the workspace was new: the answer is the same when the key comes again. Of
-- keys that were used before nobody knows; they are answered as they were.
ALTER TABLE "workspace_key" ADD COLUMN "created" BOOLEAN NOT NULL DEFAULT false;
