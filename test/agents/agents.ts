import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** A real agent, as it is installed and set up here. */
export interface RealAgent {
  readonly name: string
  /** How it is started and spoken to; default: the preset of its name. */
  readonly definition?: Readonly<Record<string, unknown>>
  readonly package: string
  readonly version: string
  /** Files below its HOME, and variables, with which it asks the model at this address. */
  readonly settle: (modelUrl: string) => {
    readonly files: Readonly<Record<string, string>>
    readonly env: Readonly<Record<string, string>>
  }
}

/** Any text: the model looks at none. */
const KEY = 'no-real-key'

const BY_PROCESS: readonly RealAgent[] = [
  {
    name: 'gemini',
    package: '@google/gemini-cli',
    version: '0.61.0',
    settle: (url) => ({
      files: {
        '.gemini/settings.json': JSON.stringify({ security: { auth: { selectedType: 'gemini-api-key' } } }),
      },
      env: { GEMINI_API_KEY: KEY, GOOGLE_GEMINI_BASE_URL: url },
    }),
  },
  {
    name: 'codex',
    package: '@openai/codex',
    version: '0.171.0',
    settle: (url) => ({
      files: {
        '.codex/config.toml': [
          'model = "scripted"',
          'model_provider = "scripted"',
          '[model_providers.scripted]',
          'name = "scripted"',
          `base_url = "${url}/v1"`,
          'wire_api = "responses"',
          'env_key = "SCRIPTED_API_KEY"',
          '',
        ].join('\n'),
      },
      env: { SCRIPTED_API_KEY: KEY },
    }),
  },
  {
    name: 'claude',
    package: '@anthropic-ai/claude-code',
    version: '2.1.332',
    settle: (url) => ({ files: {}, env: { ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: url } }),
  },
  {
    name: 'opencode',
    package: 'opencode-ai',
    version: '1.18.33',
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
  },
  {
    name: 'pi',
    package: '@earendil-works/pi-coding-agent',
    version: '1.6.0',
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
        '.pi/agent/settings.json': JSON.stringify({
          defaultProvider: 'scripted',
          defaultModel: 'scripted',
        }),
      },
      env: { PI_OFFLINE: '1' },
    }),
  },
  {
    name: 'qwen',
    package: '@qwen-code/qwen-code',
    version: '0.24.4',
    settle: (url) => ({
      files: {
        '.qwen/settings.json': JSON.stringify({ security: { auth: { selectedType: 'openai' } } }),
      },
      env: { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${url}/v1`, OPENAI_MODEL: 'scripted' },
    }),
  },
]

/** The same programs over the Agent Client Protocol: none of them is asked for permissions in these modes. */
const OVER_ACP: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  gemini: { adapter: 'acp', command: ['gemini', '--acp', '--skip-trust'], mode: 'yolo' },
  opencode: { adapter: 'acp', command: ['opencode', 'acp'] },
  qwen: { adapter: 'acp', command: ['qwen', '--acp'], mode: 'yolo' },
}

export const AGENTS: readonly RealAgent[] = [
  ...BY_PROCESS,
  ...BY_PROCESS.flatMap((agent) => {
    const definition = OVER_ACP[agent.name]
    return definition ? [{ ...agent, name: `${agent.name}-acp`, definition }] : []
  }),
]

/** Writes the files of an agent below its HOME. */
export async function writeHome(home: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 })
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(home, path)), { recursive: true })
    await writeFile(join(home, path), text, { mode: 0o600 })
  }
}
