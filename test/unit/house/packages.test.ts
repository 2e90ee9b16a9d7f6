import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const read = (path: string) =>
  JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')) as {
    readonly version: string
    readonly private?: boolean
    readonly dependencies?: Readonly<Record<string, string>>
  }

describe('the published packages', () => {
  const [pawl, sdk] = [read('package.json'), read('sdk/package.json')]

  it('are released together, and neither is private', () => {
    expect([pawl.version, pawl.private, sdk.private]).toEqual([sdk.version, undefined, undefined])
  })

  it('depend on what must be installed beside them, and on nothing that is in the bundle', () => {
    expect(Object.keys(pawl.dependencies ?? {})).toEqual(['fs-native-extensions', 'prom-client'])
    expect(sdk.dependencies).toBeUndefined()
  })
})
