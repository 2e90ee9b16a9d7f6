import { columnsOf, selectObject } from '../sql/columns.ts'

/** A phase `p` as JSON, without its attempts: nothing that is displayed depends on them. */
export const PHASE = `${selectObject(columnsOf('phase', ['run_id']), 'p', `'history', '[]'::jsonb`)} AS phase`
