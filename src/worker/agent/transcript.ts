import { findSecrets } from '../../adapters/transcript/secrets.ts'
import { TranscriptWriter } from '../../adapters/transcript/transcriptWriter.ts'
import type { RunContext } from '../run/runContext.ts'

/** A single attempt per append; the writer itself retries. */
const ONCE = { attempts: 1, timeoutMs: 10_000 }

/** Opens the writer of a session's transcript, which masks the secrets in the agent's environment. */
export function openTranscript(
  { owned, tools }: RunContext,
  session: { readonly id: string; readonly stateDir: string; readonly env: Readonly<Record<string, string>> },
): TranscriptWriter {
  return new TranscriptWriter({
    stateDir: session.stateDir,
    fence: owned.run.lease?.fence ?? 0,
    secrets: findSecrets(session.env),
    append: (fromSeq, entries, signal) =>
      owned.sessions.append(session.id, { fromSeq, entries, signal, retry: ONCE }),
    onError: (error) => tools.report({ kind: 'trouble', message: `the transcript: ${String(error)}` }),
  })
}
