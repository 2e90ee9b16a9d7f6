import { createHash, randomBytes } from 'node:crypto'

/** How long a sign-in link works, in milliseconds. */
export const SIGN_IN_CODE_MS = 10 * 60_000

/** Codes that sign a browser in, each once. They live in this process and die with it. */
export class SignInCodes {
  readonly #open = new Map<string, { tokenId: string; until: number }>()

  /** Makes a code that stands for the token, for {@link SIGN_IN_CODE_MS}. */
  issue(tokenId: string): string {
    const code = randomBytes(24).toString('base64url')
    this.#open.set(digest(code), { tokenId, until: Date.now() + SIGN_IN_CODE_MS })
    return code
  }

  /** The token the code stands for, and the end of the code; null for a used, expired or invented one. */
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
