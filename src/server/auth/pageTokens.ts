import { createHmac, timingSafeEqual } from 'node:crypto'

/** What a page token allows: reading one run, as long as the token that made it is valid, and not past its end. */
export interface PageGrant {
  readonly runId: string
  /** The token that it was made with. */
  readonly tokenId: string
  /** When it expires, in seconds since the epoch. */
  readonly until: number
}

/** Creates and verifies page tokens. They are signed, not stored. */
export interface PageTokens {
  mint(grant: PageGrant): string
  /** True if the text has the form of a page token, valid or not. */
  isOne(token: string): boolean
  /** The grant of a token; null if this installation did not sign it, or it has expired. */
  read(token: string): PageGrant | null
}

const SHAPE = /^pawl_page_(run_[0-9a-z]{26})_(tok_[0-9a-z]{26})_(\d{1,12})_([A-Za-z0-9_-]{43})$/

/** Page tokens signed with the installation's secret, so that every server of one database accepts them. */
export function createPageTokens(secret: string): PageTokens {
  const sign = ({ runId, tokenId, until }: PageGrant) =>
    createHmac('sha256', secret).update(`page\n${runId}\n${tokenId}\n${until}`).digest()
  return {
    mint(grant) {
      const signature = sign(grant).toString('base64url')
      return `pawl_page_${grant.runId}_${grant.tokenId}_${grant.until}_${signature}`
    },
    isOne: (token) => SHAPE.test(token),
    read(token) {
      const [, runId, tokenId, digits, signature] = SHAPE.exec(token) ?? []
      if (!runId || !tokenId || !digits || !signature) return null
      const grant = { runId, tokenId, until: Number(digits) }
      const given = Buffer.from(signature, 'base64url')
      const expected = sign(grant)
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null
      return isOver(grant) ? null : grant
    },
  }
}

/** True if the grant has expired. */
export function isOver({ until }: PageGrant): boolean {
  return until * 1000 <= Date.now()
}
