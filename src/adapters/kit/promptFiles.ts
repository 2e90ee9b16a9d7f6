import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Prompt } from './adapter.ts'

/** The prompts of a session on disk: their texts, and which of them were handed over. */
export class PromptFiles {
  readonly #folder: string

  constructor(stateDir: string) {
    this.#folder = join(stateDir, 'prompts')
  }

  /** Writes the text, and returns its file. */
  async keep({ key, text }: Prompt): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const path = `${this.#pathOf(key)}.txt`
    await writeFile(path, text, { mode: 0o600 })
    return path
  }

  /** The file that is made when the prompt with this key is handed over. */
  markerOf(key: string): string {
    return `${this.#pathOf(key)}.received`
  }

  /** Whether the prompt with this key was handed over. */
  wasReceived(key: string): boolean {
    return existsSync(this.markerOf(key))
  }

  #pathOf(key: string): string {
    return join(this.#folder, createHash('sha256').update(key).digest('hex').slice(0, 32))
  }
}
