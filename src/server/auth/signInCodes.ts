import { createHash, randomBytes } from 'node:crypto'

/** How long a sign-in link works, in milliseconds. */
export const SIGN_IN_CODE_MS = 10 * 60_000

/** Codes that each sign in one browser. They exist only in this process. */
export class SignInCodes {
  readonly #open = new Map<string, { tokenId: string; until: number }>()

  /** Creates a code for the token, valid for {@link SIGN_IN_CODE_MS}. */
  issue(tokenId: string): string {
    const code = randomBytes(24).toString('base64url')
    this.#open.set(digest(code), { tokenId, until: Date.now() + SIGN_IN_CODE_MS })
    return code
  }

  /** The token of a code, which is used up by this; null for a used, expired or unknown code. */
  redeem(code: string): string | null {
    const key = digest(code)
    const found = this.#open.get(key)
    this.#open.delete(key)
    return found && found.until > Date.now() ? found.tokenId : null
  }
}

function digest(code: string): string {
  return createHash('sha256').update(code).digest('base64')
}
