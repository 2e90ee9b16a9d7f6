import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Row } from '../../row.ts'
import { needPrograms, readSample } from './samples.ts'

/** The unit, as systemd reads it; it is not started, since that takes systemd as the first process. */
export const unitRow: Row = {
  name: 'systemd',
  proves: 'systemd-analyze verify accepts the unit',
  play: async (stage) => {
    needPrograms('systemd-analyze')
    const folder = await stage.createFolder()
    await stage.install(folder, [stage.tarballs.pawl], {}, ['--omit=optional'])
    const unit = readSample('pawl.service', [
      ['ExecStart=/usr/bin/pawl', `ExecStart=${join(folder, 'node_modules/.bin/pawl')}`],
    ])
    await writeFile(join(folder, 'pawl.service'), unit)
    await stage.run(folder, [
      'systemd-analyze',
      'verify',
      '--man=no',
      '--recursive-errors=no',
      join(folder, 'pawl.service'),
    ])
    return 'read by systemd, not started'
  },
}
