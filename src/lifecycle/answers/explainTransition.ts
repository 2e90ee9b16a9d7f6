import { isStartable } from '../decide/phaseTransitions.ts'
import type { IllegalTransition } from '../run/refusals.ts'

/** Explains why a phase command is refused at the current phase, and what is possible instead. */
export function explainIllegalTransition(refusal: IllegalTransition): string {
  switch (refusal.command) {
    case 'advancePhase':
      return explainAdvance(refusal)
    case 'completeRound':
      return explainRound(refusal)
    case 'startPhase':
    case 'repairPhase':
      return explainStart(refusal)
    case 'failPhase':
      return explainWork(refusal, 'fail')
    case 'submitArtifact':
      return explainWork(refusal, 'accept a file')
    case 'requestApproval':
      return explainWork(refusal, 'be approved')
    case 'recordPrompt':
      return explainWork(refusal, 'get a prompt')
  }
}

function explainAdvance(refusal: IllegalTransition): string {
  const { from, to, phaseStatus, next, reachable } = refusal
  if (isPhaseStartable(refusal))
    return from === to
      ? `The run is already at ${from}, which is ${phaseStatus}: ${start(refusal)}.`
      : `Phase ${from} is ${phaseStatus} and can't be left in this status: ${start(refusal)} first.`
  if (refusal.isPastLastRound) {
    const go = reachable.length > 0 ? `advance to ${anyOf(reachable)}, or ` : ''
    return `The workflow allows this run no further round: ${go}start another run that continues this one.`
  }
  const once =
    reachable.length > 0 || phaseStatus === 'COMPLETED' ? '' : ', once its required evidence is present'
  const leads = next.length > 0 ? `it leads to ${anyOf(next)}${once}` : 'no phase follows it'
  return `The workflow has no transition from ${from} to ${to}: ${leads}.`
}

function explainRound(refusal: IllegalTransition): string {
  const { from, phaseStatus, roundEndsAt } = refusal
  if (roundEndsAt === null) return `This workflow has no rounds to complete: ${goOn(refusal)}.`
  if (roundEndsAt !== from)
    return `A round is completed at ${roundEndsAt}, and the run is at ${from}, which is ${phaseStatus}: ${goOn(refusal)}.`
  return `Phase ${from} is ${phaseStatus}, and the round is completed by the work of this phase: ${goOn(refusal)}.`
}

function explainStart(refusal: IllegalTransition): string {
  const { from, to, command, phaseStatus } = refusal
  if (from !== to) return explainElsewhere(refusal, 'be started')
  if (command === 'repairPhase') {
    const instead = isPhaseStartable(refusal) ? 'start it without repair' : goOn(refusal)
    return `Phase ${to} is ${phaseStatus}, and only a running attempt can be repaired: ${instead}.`
  }
  return phaseStatus === 'COMPLETED' || phaseStatus === 'SKIPPED'
    ? `Phase ${to} is ${phaseStatus}: ${goOn(refusal)}.`
    : `Phase ${to} is ${phaseStatus} already: continue it, or start it with repair for another attempt.`
}

function explainWork(refusal: IllegalTransition, verb: string): string {
  const { from, to, phaseStatus } = refusal
  return from === to
    ? `Phase ${to} is ${phaseStatus}, and only a phase in progress can ${verb}: ${goOn(refusal)}.`
    : explainElsewhere(refusal, verb)
}

function explainElsewhere(refusal: IllegalTransition, verb: string): string {
  const { from, to, phaseStatus, reachable } = refusal
  const instead = reachable.includes(to) ? `advance to ${to}` : goOn(refusal)
  return `Phase ${to} can't ${verb}: the run is at ${from}, which is ${phaseStatus}; ${instead}.`
}

/** The next possible step from the current phase. */
function goOn(refusal: IllegalTransition): string {
  const { from, phaseStatus, reachable, roundEndsAt } = refusal
  if (isPhaseStartable(refusal)) return start(refusal)
  if (reachable.length > 0) return `advance to ${anyOf(reachable)}`
  if (phaseStatus !== 'COMPLETED') return `continue with ${from}`
  return roundEndsAt === null ? 'complete the run' : 'complete the round, or the run'
}

function start({ from, phaseStatus }: IllegalTransition): string {
  return phaseStatus === 'PENDING' ? `start ${from}` : `start ${from} again`
}

function isPhaseStartable({ phaseStatus }: IllegalTransition): boolean {
  return isStartable({ status: phaseStatus })
}

function anyOf(keys: readonly string[]): string {
  return keys.join(' or ')
}
