import type { Command } from 'commander'
import { createPawl } from '@pawl/sdk'
import { askSecret } from './kit/askSecret.ts'
import { checkAddress } from './kit/connect.ts'
import { EXIT, UsageError } from './kit/exitCodes.ts'
import { fetchOverHttp } from './kit/fetchOverHttp.ts'
import { createAction } from './kit/invocation.ts'
import type { CommonOptions, Invocation } from './kit/invocation.ts'
import { listLocalServers } from './kit/localServers.ts'
import { fileOf, keepLogin, originOf, readLogins, removeLogin } from './kit/logins.ts'
import { createCommand, explanation } from './kit/options.ts'
import { printTable } from './terminal/table.ts'
import { safeText } from './terminal/width.ts'

const EXPLANATION = `
The token is read from standard input, and kept in a file that only you can read. The last login is used where nothing
else names a server: neither --url, --data, PAWL_URL, PAWL_DATA nor a server of this folder or one above.`

/** `pawl login`: keeps the address and token of a server for later commands, or lists those that are known. */
export function loginCommand(): Command {
  return createCommand('login', 'log in to a server, so that commands find it from any directory', [
    'pawl login https://pawl.example.com                 # asks for a token',
    'pawl login https://pawl.example.com < token.txt',
    'pawl login                                          # which servers are known',
  ])
    .argument('[url]', 'address of the server (default: list the servers that are known)')
    .addHelpText('after', explanation(EXPLANATION))
    .action(
      createAction<CommonOptions, [string | undefined]>((invocation, _options, url) =>
        url === undefined ? Promise.resolve(listServers(invocation)) : logIn(invocation, url),
      ),
    )
}

/** `pawl logout`: forgets a login. */
export function logoutCommand(): Command {
  return createCommand('logout', 'forget the token of a server; the token itself stays valid', [
    'pawl logout https://pawl.example.com',
  ])
    .argument('[url]', 'address of the server (default: the last login)')
    .action(
      createAction<CommonOptions, [string | undefined]>(async (invocation, _options, given) => {
        const url = given ?? readLogins(invocation.env)[0]?.url
        if (url === undefined || !removeLogin(invocation.env, url))
          throw new UsageError(`there is no login${url ? ` at ${url}` : ''}`, EXIT.notFound, 'NoLogin')
        return invocation.answer({ url }, (printer) => printer.line(`logged out of ${url}`))
      }),
    )
}

async function logIn(invocation: Invocation, given: string): Promise<number> {
  const { env } = invocation
  checkAddress(given, 'the address')
  const url = originOf(given) === undefined ? given : given.replace(/\/+$/, '')
  const token = await askSecret(
    `Token for ${url} (an ADMIN makes one: pawl token create NAME --role OPERATOR): `,
  )
  if (token === '') throw new UsageError('no token was given', EXIT.usage)
  const viewer = await createPawl({ url, token, fetch: fetchOverHttp, retry: { attempts: 3 } }).viewer()
  keepLogin(env, { url, token })
  return invocation.answer({ url, name: viewer.name, role: viewer.role }, (printer) => {
    printer.line(`logged in to ${url} as ${safeText(viewer.name)} (${viewer.role})`)
    invocation.note(`the token is kept in ${fileOf(env)}, for you alone; forget it with: pawl logout ${url}`)
  })
}

function listServers(invocation: Invocation): number {
  const local = listLocalServers(invocation.env).map(({ url, data }) => ({ kind: 'LOCAL', url, data }))
  const logins = readLogins(invocation.env).map(({ url }) => ({ kind: 'LOGIN', url, data: null }))
  const known = [...local, ...logins]
  return invocation.answer(known, (printer) => {
    if (known.length === 0) return invocation.note('no server is known: pawl serve starts one here')
    const rows = known.map(({ kind, url, data }) => [kind.toLowerCase(), url, data ?? ''])
    printTable(printer, ['KIND', 'URL', 'DATA'], rows)
  })
}
