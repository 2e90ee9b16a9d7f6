import { createHash } from 'node:crypto'
import type { Prompt } from '../../adapters/kit/adapter.ts'
import type { DeclaredPhase } from '../run/declared.ts'
import type { PromptFacts } from './promptFacts.ts'
import { renderTemplate } from './renderTemplate.ts'
import { list, section } from './sections.ts'

/**
 * Composes the prompt of a phase: the same facts give the same text, whichever owner composes it. Its key is the SHA-256 of all
 * that it says and of what it belongs to, so that no two prompts of a run share one.
 */
export function composePrompt(facts: PromptFacts): Prompt {
  const text = `${paragraphsOf(facts).join('\n\n')}\n`
  const { run, declared, round, attempt, ordinal } = facts
  const { key: phase, role, artifact } = declared
  const envelope = [
    run.id,
    round,
    phase,
    attempt,
    ordinal,
    role,
    artifact && [artifact.path, artifact.schema],
    text,
  ]
  return { key: createHash('sha256').update(JSON.stringify(envelope)).digest('hex'), text }
}

/** Some agents can't commit: the repository of a worktree lies outside of what their sandbox lets them write. */
const COMMITS =
  'If a commit is refused, for example by a sandbox, leave the files as they are: everything left in the worktree of a run is committed with its work.'

function paragraphsOf(facts: PromptFacts): string[] {
  const { declared, repairs, rejected, failure, feedback, sentBackFrom, anew, messages } = facts
  return [
    `# ${facts.run.title ?? facts.run.id}`,
    opening(facts),
    ...section('Task', task(facts)),
    ...section('Feedback', feedback),
    ...section(
      'Sent back',
      sentBackFrom && `It came back from \`${sentBackFrom}\`: see what that phase has left.`,
    ),
    ...section('The last attempt failed', failure && `${failure.code}: ${failure.message}`),
    ...section('To be corrected', repairs),
    ...section(
      `Problems that the server found in \`${rejected?.path}\``,
      rejected &&
        list(rejected.problems.map(({ path, message }) => (path ? `\`${path}\` ${message}` : message))),
    ),
    ...section('Previous work', anew && describePast(anew)),
    ...section(
      'Messages',
      messages.length > 0 && list(messages.map(({ sentBy, text }) => `${sentBy}: ${text}`)),
    ),
    ...section('File to write', handOver(declared)),
    ...section('When you are done', ending(declared)),
    COMMITS,
  ]
}

function opening({ workflow, declared, repairs, ordinal }: PromptFacts): string {
  const place = `You are the ${declared.role} of a run of the workflow “${workflow}”, in its phase “${declared.key}”.`
  if (ordinal > 0)
    return `${place} You have started already: continue from what you find in the working directory.`
  if (repairs !== null)
    return `${place} Your work is not correct yet: correct it, and leave the rest as it is.`
  return place
}

/** For an agent whose memory did not fit into its model's context. */
function describePast({ handedOver, messages }: NonNullable<PromptFacts['anew']>): string {
  const files = handedOver.map((path) => `the file \`${path}\` was submitted`)
  const said = messages.map(({ sentBy, text }) => `${sentBy} said: ${text}`)
  const facts = [...files, ...said]
  return [
    'An agent before you worked on this until the conversation was too long for its model. You start without its memory: inspect the working directory first, and keep what you read and print short.',
    ...(facts.length > 0 ? [list(facts)] : []),
  ].join('\n\n')
}

function task(facts: PromptFacts): string {
  const { declared, run } = facts
  if (declared.prompt !== undefined) return renderTemplate(declared.prompt, facts)
  const input = renderTemplate('{{input}}', facts)
  const sentence = `Do the work of the phase “${declared.key}”${run.title ? ` for “${run.title}”` : ''}.`
  return input === '' ? sentence : `${sentence} This is what the run works on:\n\n${fence(input)}`
}

function handOver({ artifact }: DeclaredPhase): string | null {
  if (!artifact) return null
  const { path, mediaType, required, schema, maxBytes, pattern } = artifact
  const rules = [
    `Write the file \`${path}\` (${mediaType}) in the working directory. It is submitted as soon as it is complete` +
      `${required ? '' : '; it is optional'}.`,
    maxBytes === null ? '' : `It holds at most ${maxBytes} bytes.`,
    pattern === null ? '' : `It matches the regular expression \`${pattern}\`.`,
    schema === null
      ? ''
      : `It is JSON that satisfies this schema:\n\n${fence(JSON.stringify(schema, null, 2))}`,
  ]
  return rules.filter(Boolean).join(' ')
}

/** An agent without a shell that reaches the server, as in a sandbox, has these instead of the commands. */
const TOOLS = 'If you have the MCP tools of Pawl, `pawl_state` and the others do the same as the commands.'

function ending({ artifact, approval, next, final }: DeclaredPhase): string | null {
  const asks = approval ? 'Ask for the approval with `pawl approval request`.' : null
  if (artifact?.required) {
    return next.length > 1
      ? `After the file is accepted, one of these phases follows: ${next.join(', ')}. \`pawl phase advance KEY\` chooses it. ${TOOLS}`
      : null
  }
  if (asks) return `${asks} Nothing else ends this phase. ${TOOLS}`
  const ways = next.map((key) => `\`pawl phase advance ${key}\``)
  const words = final || next.length === 0 ? ['`pawl run complete`', ...ways] : ways
  const orFile = artifact ? ', or the file' : ''
  return `Report it: ${words.join(' or ')}${orFile}. If you end without reporting, the phase stays unfinished; \`pawl state\` shows the state of the run. ${TOOLS}`
}

function fence(text: string): string {
  const ticks = '`'.repeat(Math.max(3, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length + 1)))
  return `${ticks}\n${text}\n${ticks}`
}
