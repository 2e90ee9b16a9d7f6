import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto'

const IV_BYTES = 12
const TAG_BYTES = 16

/** What a text is sealed with: derived from the installation's secret, and from what the text is for. */
function keyFor(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', purpose, 32))
}

/**
 * The text in a form that only servers of the same installation read, and nobody else makes or changes. The same text has the same
 * form, so that two of them can be compared.
 */
export function seal(secret: string, purpose: string, text: string): string {
  const key = keyFor(secret, purpose)
  // drawn from the text itself: it never comes again with another one
  const iv = createHmac('sha256', key).update(text).digest().subarray(0, IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')
}

/** The text that was sealed; null for what no server of the installation sealed for this purpose. */
export function unseal(secret: string, purpose: string, sealed: string): string | null {
  const bytes = Buffer.from(sealed, 'base64url')
  if (bytes.length < IV_BYTES + TAG_BYTES) return null
  const decipher = createDecipheriv('aes-256-gcm', keyFor(secret, purpose), bytes.subarray(0, IV_BYTES))
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  try {
    const text = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES))
    return Buffer.concat([text, decipher.final()]).toString('utf8')
  } catch {
    return null
  }
}
