-- The git tree of the worktree that a review is about, where its owner told it; the digest covers it.
ALTER TABLE "approval" ADD COLUMN "tree" TEXT;
