import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The samples that the cluster is made of. */
const FOLDER = fileURLToPath(new URL('../../deploy/ha', import.meta.url))

export const samplePath = (name: string): string => join(FOLDER, name)

/** The variables of a sample, as systemd reads them. */
export async function readSample(name: string): Promise<Record<string, string>> {
  const lines = (await readFile(samplePath(name), 'utf8')).split('\n')
  const variables = lines.flatMap((line) => {
    const [, variable, value] = /^([A-Z][A-Z\d_]*)=(.*)$/.exec(line) ?? []
    return variable !== undefined && value !== undefined ? [[variable, value] as const] : []
  })
  return Object.fromEntries(variables)
}

/** The addresses of the database in the sample for servers: through HAProxy, and without it. */
export async function readAddresses(): Promise<string[]> {
  const text = await readFile(samplePath('pawl.env'), 'utf8')
  return [...text.matchAll(/^(?:# )?DATABASE_URL=(.*)$/gm)].map(([, url = '']) => url)
}

/** The variables of pg1 as another machine has them; lists of all machines stay. */
export function localize(
  variables: Readonly<Record<string, string>>,
  { name, address }: { readonly name: string; readonly address: string },
): Record<string, string> {
  const change = (value: string) =>
    value.includes(',') ? value : value.replace('pg1', name).replace('10.0.0.11', address)
  return Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, change(value)]))
}
