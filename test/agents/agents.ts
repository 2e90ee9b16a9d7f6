import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** What a program needs in order to ask the scripted model. */
export interface Settlement {
  /** Files below its HOME. */
  readonly files: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
}

/** A real agent, as it is installed and set up here. */
export interface RealAgent {
  /** The preset by which a worker starts it. */
  readonly name: string
  readonly package: string
  readonly version: string
  /** Whether it is hosted over the Agent Client Protocol, by which alone an agent can ask for a permission. */
  readonly isAcp: boolean
  /** What a person is told to renew where the model refuses the credential. */
  readonly credential: string
  /** How it is told of the model at this address. */
  readonly settle: (modelUrl: string) => Settlement
}

type Program = Pick<RealAgent, 'credential' | 'settle'>

/** Any text: the model looks at none. */
const KEY = 'no-real-key'

const GEMINI: Program = {
  credential: 'GEMINI_API_KEY',
  settle: (url) => ({
    files: {
      '.gemini/settings.json': JSON.stringify({ security: { auth: { selectedType: 'gemini-api-key' } } }),
    },
    env: { GEMINI_API_KEY: KEY, GOOGLE_GEMINI_BASE_URL: url },
  }),
}

const CODEX: Program = {
  credential: 'OPENAI_API_KEY',
  settle: (url) => ({
    files: {
      '.codex/config.toml': [
        'model = "scripted"',
        'model_provider = "scripted"',
        '[model_providers.scripted]',
        'name = "scripted"',
        `base_url = "${url}/v1"`,
        'wire_api = "responses"',
        'env_key = "OPENAI_API_KEY"',
        '',
      ].join('\n'),
    },
    env: { OPENAI_API_KEY: KEY },
  }),
}

const CLAUDE: Program = {
  credential: 'ANTHROPIC_API_KEY',
  settle: (url) => ({ files: {}, env: { ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: url } }),
}

const OPENCODE: Program = {
  credential: 'opencode auth login',
  settle: (url) => ({
    files: {
      '.config/opencode/opencode.json': JSON.stringify({
        model: 'scripted/scripted',
        small_model: 'scripted/scripted',
        provider: {
          scripted: {
            npm: '@ai-sdk/openai-compatible',
            options: { baseURL: `${url}/v1`, apiKey: KEY },
            models: {
              scripted: { limit: { context: 200_000, output: 32_000 }, cost: { input: 1, output: 2 } },
            },
          },
        },
      }),
    },
    env: {},
  }),
}

const PI: Program = {
  credential: 'pi /login',
  settle: (url) => ({
    files: {
      '.pi/agent/models.json': JSON.stringify({
        providers: {
          scripted: {
            baseUrl: `${url}/v1`,
            api: 'openai-completions',
            apiKey: KEY,
            models: [{ id: 'scripted', cost: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 } }],
          },
        },
      }),
      '.pi/agent/settings.json': JSON.stringify({ defaultProvider: 'scripted', defaultModel: 'scripted' }),
    },
    env: { PI_OFFLINE: '1' },
  }),
}

const QWEN: Program = {
  credential: 'OPENAI_API_KEY',
  settle: (url) => ({
    files: { '.qwen/settings.json': JSON.stringify({ security: { auth: { selectedType: 'openai' } } }) },
    env: { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${url}/v1`, OPENAI_MODEL: 'scripted' },
  }),
}

interface Source {
  readonly package: string
  readonly version: string
}

const GEMINI_CLI: Source = { package: '@google/gemini-cli', version: '0.61.0' }
const OPENCODE_AI: Source = { package: 'opencode-ai', version: '1.18.33' }
const QWEN_CODE: Source = { package: '@qwen-code/qwen-code', version: '0.24.4' }

/** Every agent that is tried, in the order in which they are begun. */
export const AGENTS: readonly RealAgent[] = [
  { name: 'gemini', ...GEMINI_CLI, isAcp: false, ...GEMINI },
  { name: 'codex', package: '@openai/codex', version: '0.171.0', isAcp: false, ...CODEX },
  { name: 'gemini-acp', ...GEMINI_CLI, isAcp: true, ...GEMINI },
  { name: 'codex-acp', package: '@agentclientprotocol/codex-acp', version: '2.6.0', isAcp: true, ...CODEX },
  { name: 'claude', package: '@anthropic-ai/claude-code', version: '2.1.332', isAcp: false, ...CLAUDE },
  {
    name: 'claude-acp',
    package: '@agentclientprotocol/claude-agent-acp',
    version: '0.101.0',
    isAcp: true,
    ...CLAUDE,
  },
  { name: 'opencode', ...OPENCODE_AI, isAcp: false, ...OPENCODE },
  { name: 'opencode-acp', ...OPENCODE_AI, isAcp: true, ...OPENCODE },
  { name: 'qwen', ...QWEN_CODE, isAcp: false, ...QWEN },
  { name: 'qwen-acp', ...QWEN_CODE, isAcp: true, ...QWEN },
  { name: 'pi', package: '@earendil-works/pi-coding-agent', version: '1.6.0', isAcp: false, ...PI },
]

/** Writes the files of an agent below its HOME. */
export async function writeHome(home: string, files: Settlement['files']): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 })
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(home, path)), { recursive: true })
    await writeFile(join(home, path), text, { mode: 0o600 })
  }
}
