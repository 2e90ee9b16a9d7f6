-- CreateIndex
CREATE INDEX "approval_requested_at_id_idx" ON "approval"("requested_at", "id");
