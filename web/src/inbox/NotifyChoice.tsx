import { chooseNotifications, useNotifyState } from './notifications.ts'

/** Switches the browser's notifications of new questions and failed runs. */
export function NotifyChoice() {
  const state = useNotifyState()
  if (state === 'unavailable') return null
  return (
    <label className="check soft">
      <input
        type="checkbox"
        checked={state !== 'off'}
        onChange={({ target }) => void chooseNotifications(target.checked)}
      />
      Notify me of questions and failed runs
      {state === 'denied' && <span className="problem">the browser forbids it for this page</span>}
    </label>
  )
}
