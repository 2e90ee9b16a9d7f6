import { spawn } from 'node:child_process'
import type { Variables } from '../../environment.ts'
import { findCommand } from '../../processes/findCommand.ts'

/** Opens an address in the person's browser, and does not wait for it. Returns false where no browser is known here. */
export function openBrowser(url: string, env: Variables): boolean {
  const command = browserCommand(env)
  if (!command) return false
  const [program = '', ...args] = command
  const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore' })
  child.on('error', () => undefined)
  child.unref()
  return true
}

function browserCommand(env: Variables): readonly string[] | undefined {
  if (env['BROWSER']) return [env['BROWSER']]
  if (process.platform === 'darwin') return ['open']
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler']
  const hasScreen = Boolean(env['DISPLAY'] ?? env['WAYLAND_DISPLAY'])
  return hasScreen && findCommand('xdg-open', process.env) !== null ? ['xdg-open'] : undefined
}
