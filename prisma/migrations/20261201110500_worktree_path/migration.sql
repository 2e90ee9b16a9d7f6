-- A worktree was made by one worker for one run: its directory is one workspace's alone, whatever the project. Of several that were
-- recorded with the same one, the first is the one that the worker told of; for the others there is no directory.
CREATE TEMPORARY TABLE "second_worktree" ON COMMIT DROP AS
SELECT "second"."id" FROM "workspace" "second" JOIN "workspace" "first" USING ("host", "path")
WHERE "second"."status" = 'READY' AND "second"."kind" = 'WORKTREE'
  AND "first"."status" = 'READY' AND "first"."kind" = 'WORKTREE'
  AND ("first"."created_at", "first"."id") < ("second"."created_at", "second"."id");

UPDATE "workspace_operation" SET
  "status" = 'FAILED',
  "ended_at" = clock_timestamp(),
  "error" = '{"code":"REMOVED","message":"The directory belongs to another workspace.","hint":null,"files":[]}'
WHERE "status" IN ('REQUESTED', 'STARTED') AND "workspace_id" IN (SELECT "id" FROM "second_worktree");

UPDATE "workspace" SET
  "status" = 'REMOVED',
  "removed_at" = clock_timestamp(),
  "revision" = "revision" + 1,
  "preview_status" = 'STOPPED',
  "preview_url" = NULL,
  "preview_started_at" = NULL,
  "preview_error" = NULL
WHERE "id" IN (SELECT "id" FROM "second_worktree");

CREATE UNIQUE INDEX "workspace_worktree_path" ON "workspace" ("host", "path")
  WHERE "status" = 'READY' AND "kind" = 'WORKTREE';
