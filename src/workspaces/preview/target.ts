import type { PreviewDefinition } from '../kit/workspaceSettings.ts'
import { answers, findAnswering } from './port.ts'

/** Where a preview should accept connections. */
export interface Target {
  /** Whether the preview listens at a fixed address from its definition, instead of the port assigned to it. */
  readonly isFixed: boolean
  /** Returns the preview's URL once it accepts connections; null until then. */
  ask(): Promise<string | null>
}

/** Returns the target of a preview that was assigned a port. */
export function toTarget({ url }: PreviewDefinition, port: number, fill: (text: string) => string): Target {
  if (url !== undefined && !url.includes('{port}')) return toFixed(fill(url))
  return {
    isFixed: false,
    async ask() {
      const host = await findAnswering(port)
      if (host === null) return null
      return url === undefined ? `http://${host.includes(':') ? `[${host}]` : host}:${port}/` : fill(url)
    },
  }
}

function toFixed(url: string): Target {
  const { hostname, port, protocol } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const number = Number(port) || (protocol === 'https:' ? 443 : 80)
  return { isFixed: true, ask: async () => ((await answers(host, number)) ? url : null) }
}
