/**
 * Fails where the schema breaks clients of the released one without an announcement in docs/contract.md.
 *
 * npx tsx scripts/checkContract.ts
 */
import { checkContract } from './contractChanges.ts'

const unannounced = checkContract()
for (const change of unannounced) console.log(`${change} Keep it, or announce it in docs/contract.md.`)
if (unannounced.length > 0) process.exitCode = 1
