import type { Row } from '../../row.ts'
import { containerRow } from './container.ts'
import { proxyRows } from './proxies.ts'
import { unitRow } from './unit.ts'

/** The samples of deploy/, each run. */
export const deployRows: readonly Row[] = [...proxyRows, unitRow, containerRow]
