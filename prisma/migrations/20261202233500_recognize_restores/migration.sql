-- What tells that the database was restored from a backup: servers remember the last beat that they wrote, which a database that was rewound
-- lacks; a copy is in another cluster, or another database of it.
ALTER TABLE "installation" ADD COLUMN "beat" DOUBLE PRECISION NOT NULL DEFAULT 0,
ADD COLUMN "cluster" TEXT,
ADD COLUMN "restored_at" TIMESTAMPTZ(3);
