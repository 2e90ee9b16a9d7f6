const ms = (column: string) => `round(extract(epoch from ${column}) * 1000)::bigint`

/** A phase as JSON, without its attempts: nothing that is shown depends on them. */
export const PHASE = `jsonb_build_object('id', p.id, 'key', p.key, 'round', p.round, 'position', p.position, 'status', p.status,
  'attempts', p.attempts, 'startedAt', ${ms('p.started_at')}, 'endedAt', ${ms('p.ended_at')}, 'error', p.error,
  'history', '[]'::jsonb) AS phase`
