/** The runs that a worker can take. */
export interface ClaimFilter {
  /** Names of workflows; null: any. */
  readonly workflows: readonly string[] | null
  /** Labels that a run must all carry. */
  readonly labels: readonly string[]
  /** Projects; null: any. */
  readonly projects: readonly string[] | null
}

/**
 * Without the check of the number of labels, the generic plan reads the whole index of labels when no labels are given.
 */
export const MATCHES = `($1::text[] IS NULL OR r.workflow_id = ANY(ARRAY(SELECT w.id FROM workflow w WHERE w.name = ANY($1))))
    AND (cardinality($2::text[]) = 0 OR r.labels @> $2) AND ($3::text[] IS NULL OR r.project = ANY($3))`
