import { useEffect, useRef } from 'react'
import type { ReactNode } from 'react'
import { ActionButton } from './ActionButton.tsx'

interface ConfirmProps {
  readonly title: string
  /** Explains what it does, and that it can't be undone. */
  readonly children: ReactNode
  /** Label of the confirming button. */
  readonly verb: string
  readonly onConfirm: () => void
  readonly onCancel: () => void
}

/** Asks for confirmation before something that can't be undone. */
export function Confirm({ title, children, verb, onConfirm, onCancel }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const { current } = dialog
    current?.showModal()
    return () => current?.close()
  }, [])
  return (
    <dialog ref={dialog} className="confirm" aria-labelledby="confirm-title" onCancel={onCancel}>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault()
          onConfirm()
        }}
      >
        <h2 id="confirm-title">{title}</h2>
        {children}
        <div className="confirm-end">
          <button className="button" type="button" autoFocus onClick={onCancel}>
            No, go back
          </button>
          <ActionButton look="button-danger" type="submit">
            {verb}
          </ActionButton>
        </div>
      </form>
    </dialog>
  )
}
