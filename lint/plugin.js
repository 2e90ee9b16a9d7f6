import { arrows } from './arrows.js'
import { oneWriter } from './oneWriter.js'
import { words } from './words.js'

/** The rules of this house, beside the linter's own. */
export default { meta: { name: 'pawl' }, rules: { arrows, 'one-writer': oneWriter, words } }
