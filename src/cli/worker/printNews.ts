import type { RunNews, WorkerNews } from '../../worker/run/news.ts'
import type { Invocation } from '../kit/invocation.ts'
import { safeText } from '../terminal/width.ts'
import { paintStatus } from '../terminal/words.ts'
import type { Colors } from '../terminal/printer.ts'
import { shortenIds } from '../terminal/shortId.ts'

/** Prints what a worker does: as JSON with `--json`, else as a sentence. */
export function printNews(invocation: Invocation, news: WorkerNews): void {
  const { out, err, isJson } = invocation
  if (isJson) return out.line(JSON.stringify({ at: new Date().toISOString(), ...news }))
  switch (news.kind) {
    case 'started':
      return invocation.note(
        `${news.owner} waits for runs of ${news.workflows?.join(', ') ?? 'any workflow'}`,
      )
    case 'agent-found':
      if (news.remark !== null) return err.line(err.colors.yellow(`pawl: ${safeText(news.remark)}`))
      return invocation.note(
        `the ${safeText(news.role)} is ${news.program} ${news.version ?? 'of an unknown version'}`,
      )
    case 'draining':
      return invocation.note(
        news.held === 0
          ? 'stopping: no run is claimed'
          : `stopping: ${news.held} running, for up to ${news.seconds} s; a second signal kills their agents`,
      )
    case 'not-ready':
      for (const { code, message } of news.problems)
        err.line(err.colors.yellow(`pawl: takes no runs (${code}): ${safeText(message)}`))
      return
    case 'ready-again':
      return invocation.note('takes runs again')
    case 'trouble':
      return err.line(err.colors.yellow(`pawl: ${safeText(news.message)}`))
    default: {
      const { dim } = out.colors
      out.line(
        `${dim(new Date().toTimeString().slice(0, 8))} ${dim(shortenIds(news.runId))} ${sentence(news, out.colors)}`,
      )
    }
  }
}

function sentence(news: RunNews, colors: Colors): string {
  const { bold, dim, green, yellow, red } = colors
  switch (news.kind) {
    case 'run-taken':
      return `took ${bold(safeText(news.title ?? news.runId))} ${dim(`(${news.workflow}, ${news.runId})`)}`
    case 'phase-begun': {
      const again = news.isResumed ? ' continues' : news.attempt > 1 ? ` attempt ${news.attempt}` : ''
      return `${bold(news.phase)}${again} ${dim(`as ${news.role ?? 'nobody'}`)}`
    }
    case 'prompt-sent':
      return `${bold(news.phase)} the ${news.role} is at work`
    case 'artifact-submitted': {
      const [first] = news.problems
      return first
        ? `${bold(news.phase)} ${yellow(`${safeText(news.path)} is not accepted`)}: ${safeText(`${first.path} ${first.message}`.trim())}`
        : `${bold(news.phase)} ${green(`${safeText(news.path)} is accepted`)}`
    }
    case 'phase-repaired':
      return `${bold(news.phase)} is repaired: ${safeText(news.because)}`
    case 'phase-done':
      return `${bold(news.phase)} is done${news.next === null ? '' : `, ${news.next} follows`}`
    case 'phase-failed':
      return `${bold(news.phase)} ${red(`failed (${news.trouble.code})`)}: ${safeText(news.trouble.message)}`
    case 'model-waited-for':
      return yellow(
        `waits until ${news.until} for the model of the ${news.role} (${news.code}): ${safeText(news.message)}`,
      )
    case 'message-taken':
      return `a message was ${news.receipt.toLowerCase()}${news.mode === 'FOLLOW_UP' ? ', with the next prompt' : ''}`
    case 'directory-taken':
      return yellow(`waits: ${safeText(news.holder)} works in ${safeText(news.directory)}`)
    case 'leftover-ended':
      return news.isGone
        ? `the ${news.role} had outlived the run, and was ended`
        : red(`the ${news.role} has outlived the run, and could not be ended`)
    case 'run-left': {
      const how = news.interruption === null ? '' : dim(` (${news.interruption})`)
      const left = news.isGone ? '' : yellow(' processes may still be alive: the lease is left to expire')
      return `left it ${news.status === null ? '' : paintStatus(colors, { status: news.status, reason: news.reason })}${how}${left}`
    }
  }
}
