import type { StoredRun } from '@pawl/sdk'
import { showInvisible } from '@pawl/sdk'
import { useRunFeed } from '@pawl/sdk/react'
import { useEffect, useRef, useSyncExternalStore } from 'react'
import { navigate } from '../elements/address.ts'
import { readClock } from '../elements/clock.ts'
import { REASON, wordOfRun } from '../elements/words.ts'
import type { PendingApprovals } from './usePending.ts'

/** Where the viewer's choice is kept, in this browser. */
const KEY = 'pawl.notify'
const listeners = new Set<() => void>()

/** Whether the viewer chose notifications and the browser allows them; `unavailable` where the browser has none. */
export type NotifyState = 'on' | 'off' | 'denied' | 'unavailable'

function readState(): NotifyState {
  if (typeof Notification === 'undefined' || !isSecureContext) return 'unavailable'
  if (localStorage.getItem(KEY) !== 'yes') return 'off'
  return Notification.permission === 'granted' ? 'on' : 'denied'
}

/** The viewer's choice. */
export function useNotifyState(): NotifyState {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, readState)
}

/** Changes the viewer's choice; the browser asks for its permission the first time. */
export async function chooseNotifications(isWanted: boolean): Promise<void> {
  if (isWanted) await Notification.requestPermission()
  if (isWanted) localStorage.setItem(KEY, 'yes')
  else localStorage.removeItem(KEY)
  for (const listener of listeners) listener()
}

/** While the viewer chose it, and another window has the focus, tells of each new question and of each run that fails. */
export function useNotifications({ approvals }: PendingApprovals): void {
  const isOn = useNotifyState() === 'on'
  const { store } = useRunFeed()
  const known = useRef<ReadonlySet<string>>(undefined)
  useEffect(() => {
    if (!approvals) return
    for (const { id, question, run } of approvals)
      if (isOn && known.current && !known.current.has(id))
        notify(question, run.title ?? run.id, `/approvals?id=${id}`)
    known.current = new Set(approvals.map(({ id }) => id))
  }, [isOn, approvals])
  useEffect(() => {
    if (!isOn) return
    const since = readClock()
    const told = new Set<string>()
    return store.subscribe(() => {
      for (const run of store.all()) {
        const failure = describeFailure(run, since)
        const key = `${run.id} ${run.epoch}`
        if (failure === undefined || told.has(key)) continue
        told.add(key)
        notify(failure, run.title ?? run.id, `/runs/${run.id}`)
      }
    })
  }, [isOn, store])
}

/** How a run failed since a time; undefined if it did not. */
function describeFailure(
  { settledAt, status, outcome, reason }: StoredRun,
  since: number,
): string | undefined {
  if (!settledAt || !status || Date.parse(settledAt) < since) return undefined
  if (outcome !== 'FAILED' && outcome !== 'INCOMPLETE') return undefined
  return `${wordOfRun(status, outcome).label}${reason ? `: ${REASON[reason]}` : ''}`
}

function notify(title: string, body: string, address: string): void {
  if (document.hasFocus()) return
  // Tabs of the same browser show one notification for the same tag.
  const shown = new Notification(showInvisible(title), { body: showInvisible(body), tag: address })
  shown.addEventListener('click', () => {
    focus()
    navigate(address)
    shown.close()
  })
}
