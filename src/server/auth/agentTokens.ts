import { createHmac, timingSafeEqual } from 'node:crypto'

/** Prefix of every AGENT token. */
export const AGENT_TOKEN_PREFIX = 'pawl_agt_'

/** The claim that an AGENT token is for. */
export interface AgentClaim {
  readonly runId: string
  readonly fence: number
}

/** Creates and verifies AGENT tokens. They are signed, not stored: the same claim always has the same token. */
export interface AgentTokens {
  /** The token of a claim. */
  mint(runId: string, fence: number): string
  /** The claim of a token; null if this installation did not sign it. The claim may be over. */
  read(token: string): AgentClaim | null
}

const SHAPE = /^pawl_agt_(run_[0-9a-z]{26})_(\d{1,10})_([A-Za-z0-9_-]{43})$/

/** AGENT tokens signed with the installation's secret. */
export function createAgentTokens(secret: string): AgentTokens {
  const sign = (runId: string, fence: number) =>
    createHmac('sha256', secret).update(`agent\n${runId}\n${fence}`).digest()
  return {
    mint: (runId, fence) =>
      `${AGENT_TOKEN_PREFIX}${runId}_${fence}_${sign(runId, fence).toString('base64url')}`,
    read(token) {
      const [, runId, digits, signature] = SHAPE.exec(token) ?? []
      if (!runId || !digits || !signature) return null
      const fence = Number(digits)
      // a fence written differently (as 007) would be a second token for the same claim
      if (String(fence) !== digits) return null
      const given = Buffer.from(signature, 'base64url')
      const expected = sign(runId, fence)
      return given.length === expected.length && timingSafeEqual(given, expected) ? { runId, fence } : null
    },
  }
}
