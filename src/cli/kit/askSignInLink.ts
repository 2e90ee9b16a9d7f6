import { EXIT, UsageError } from './exitCodes.ts'
import type { ServerAddress } from './connect.ts'
import { fetchOverHttp } from './fetchOverHttp.ts'
import { PawlConnectionError } from '@pawl/sdk'

/** A link that signs in one browser, once. */
export interface SignInLink {
  readonly url: string
  readonly expiresInSeconds: number
}

/** How long the server may take, in milliseconds. */
const TIMEOUT_MS = 10_000

/** Asks the server for a new sign-in link: it signs in with the rights of the token that asks. */
export async function askSignInLink({ url, token }: ServerAddress): Promise<SignInLink> {
  const response = await fetchOverHttp(new URL('/sign-in/link', url).href, {
    method: 'POST',
    headers: { authorization: `Bearer ${token ?? ''}` },
    body: '',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new PawlConnectionError(`${url} could not be reached`, { cause: error })
  })
  const text = await response.text()
  if (response.status === 401)
    throw new UsageError(
      'The token is missing, not valid, or of an agent: a link needs one of a person or a program',
      EXIT.notAllowed,
      'UNAUTHENTICATED',
    )
  if (response.status === 404)
    throw new UsageError('This server is older than this command: sign in with a token', EXIT.fault)
  if (response.status !== 201)
    throw new UsageError(`The server answered ${response.status}: ${text.trim()}`, EXIT.fault)
  const { path, publicUrl, expiresInSeconds } = JSON.parse(text) as {
    readonly path: string
    readonly publicUrl: string | null
    readonly expiresInSeconds: number
  }
  return { url: new URL(path, publicUrl ?? url).href, expiresInSeconds }
}
