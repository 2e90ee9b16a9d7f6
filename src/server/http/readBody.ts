import type { IncomingMessage } from 'node:http'
import { type BodyLimits, BodyScanner, type Excess } from './bodyScanner.ts'

/** A request's body as text, or why it could not be read. */
export type Body =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly why: 'TOO_LARGE'; readonly excess: Excess }
  | { readonly ok: false; readonly why: 'NOT_UTF8' | 'GONE' }

/**
 * A body that is too large is still read up to this multiple of the limit, and dropped: a client whose connection is closed while it
 * sends never sees the error.
 */
const DRAIN_FACTOR = 4

/** Reads a body as UTF-8. Never keeps more of it than the limits allow, whatever its headers say. */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Body> {
  const maxDrained = limits.bytes * DRAIN_FACTOR
  if (Number(request.headers['content-length'] ?? 0) > maxDrained) {
    return Promise.resolve({ ok: false, why: 'TOO_LARGE', excess: 'bytes' })
  }
  return new Promise((resolve) => {
    const scanner = new BodyScanner(limits)
    const chunks: Buffer[] = []
    let bytes = 0
    let excess: Excess | undefined
    const settle = (body: Body): void => {
      request.off('data', take).off('end', finish).off('error', giveUp).off('close', giveUp)
      resolve(body)
    }
    const take = (chunk: Buffer): void => {
      bytes += chunk.length
      excess ??= scanner.take(chunk)
      if (!excess) return void chunks.push(chunk)
      chunks.length = 0
      if (bytes <= maxDrained) return
      request.pause()
      settle({ ok: false, why: 'TOO_LARGE', excess })
    }
    const finish = (): void => settle(excess ? { ok: false, why: 'TOO_LARGE', excess } : decode(chunks))
    const giveUp = (): void => settle({ ok: false, why: 'GONE' })
    request.on('data', take).on('end', finish).on('error', giveUp).on('close', giveUp)
  })
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decode(chunks: Buffer[]): Body {
  const [first = Buffer.alloc(0)] = chunks
  try {
    return { ok: true, text: utf8.decode(chunks.length < 2 ? first : Buffer.concat(chunks)) }
  } catch {
    return { ok: false, why: 'NOT_UTF8' }
  }
}

/** Parses a body as a JSON object or list; undefined if it is something else, or empty. */
export function parseOperation(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isAnything = typeof value === 'object' && value !== null && Object.keys(value).length > 0
    return isAnything ? value : undefined
  } catch {
    return undefined
  }
}

/** True for a `Content-Type` of JSON in UTF-8, the only accepted one. */
export function isJson(contentType: string | undefined): boolean {
  const [type, ...parameters] = (contentType ?? '').toLowerCase().split(';')
  if (type?.trim() !== 'application/json') return false
  return parameters.every((parameter) => {
    const [name, value] = parameter.split('=')
    return name?.trim() !== 'charset' || /^"?utf-?8"?$/.test(value?.trim() ?? '')
  })
}
