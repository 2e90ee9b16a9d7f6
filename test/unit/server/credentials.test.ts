import { describe, expect, it, vi } from 'vitest'
import { newId } from '../../../src/commands/kit/ids.ts'
import { createAgentTokens } from '../../../src/server/auth/agentTokens.ts'
import { createSessionCookies } from '../../../src/server/auth/sessionCookies.ts'
import { SIGN_IN_CODE_MS, SignInCodes } from '../../../src/server/auth/signInCodes.ts'

describe('AGENT tokens', () => {
  const tokens = createAgentTokens('secret')
  const runId = newId('run')

  it('are the same for the same claim, and name it', () => {
    const token = tokens.mint(runId, 7)
    expect(tokens.mint(runId, 7)).toBe(token)
    expect(tokens.read(token)).toEqual({ runId, fence: 7 })
  })

  it('differ by run, fence and installation', () => {
    const all = [
      tokens.mint(runId, 1),
      tokens.mint(runId, 2),
      tokens.mint(newId('run'), 1),
      createAgentTokens('other').mint(runId, 1),
    ]
    expect(new Set(all).size).toBe(4)
  })

  it('are refused where any part was changed', () => {
    const token = tokens.mint(runId, 12)
    const signature = token.slice(-43)
    for (const forged of [
      token.replace('_12_', '_13_'),
      token.replace('_12_', '_012_'),
      token.replace(runId, newId('run')),
      token.slice(0, -1),
      `${token}A`,
      `pawl_agt_${runId}_12_${'A'.repeat(43)}`,
      `pawl_${signature}`,
      createAgentTokens('other').mint(runId, 12),
      '',
    ]) {
      expect(tokens.read(forged)).toBeNull()
    }
  })
})

describe('session cookies', () => {
  const options = { installationId: '9b1f0c1e-0000-4000-8000-000000000000', secret: 'secret', seconds: 60 }
  const cookies = createSessionCookies(options)
  const tokenId = newId('token')
  const sent = (setCookie: string) => `other=1; ${setCookie.split(';', 1)[0]}`

  it('name the token they stand for, and no script can read them', () => {
    const setCookie = cookies.open(tokenId, false)
    expect(setCookie).toContain('HttpOnly; SameSite=Strict')
    expect(setCookie).not.toContain('Secure')
    expect(cookies.open(tokenId, true)).toMatch(/; Secure$/)
    expect(cookies.read(sent(setCookie))).toBe(tokenId)
  })

  it('are refused where forged, of another installation, or missing', () => {
    const cookie = sent(cookies.open(tokenId, false))
    expect(cookies.read(cookie.replace(tokenId, newId('token')))).toBeNull()
    expect(cookies.read(cookie.replace(/\.(\d+)\./, (_, until) => `.${Number(until) + 1}.`))).toBeNull()
    expect(createSessionCookies({ ...options, secret: 'other' }).read(cookie)).toBeNull()
    expect(createSessionCookies({ ...options, installationId: 'ffff' }).read(cookie)).toBeNull()
    expect(cookies.read(sent(cookies.clear(false)))).toBeNull()
    expect(cookies.read(undefined)).toBeNull()
  })

  it('end by themselves', () => {
    vi.useFakeTimers()
    try {
      const cookie = sent(cookies.open(tokenId, false))
      vi.advanceTimersByTime(58_000)
      expect(cookies.read(cookie)).toBe(tokenId)
      vi.advanceTimersByTime(3000)
      expect(cookies.read(cookie)).toBeNull()
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('sign-in codes', () => {
  it('work once', () => {
    const codes = new SignInCodes()
    const code = codes.issue('tok_1')
    expect(codes.redeem('invented')).toBeNull()
    expect(codes.redeem(code)).toBe('tok_1')
    expect(codes.redeem(code)).toBeNull()
  })

  it('expire', () => {
    vi.useFakeTimers()
    try {
      const codes = new SignInCodes()
      const code = codes.issue('tok_1')
      vi.advanceTimersByTime(SIGN_IN_CODE_MS + 1)
      expect(codes.redeem(code)).toBeNull()
    } finally {
      vi.useRealTimers()
    }
  })
})
