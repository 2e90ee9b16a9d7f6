import type { ComponentProps } from 'react'
import { useIsOffline } from './useIsOffline.ts'

interface ActionButtonProps extends Omit<ComponentProps<'button'>, 'className'> {
  /** Whether its request is under way. */
  readonly isPending?: boolean
  /** What it shows meanwhile; default: that the server is asked. Null: the same as always. */
  readonly pendingLabel?: string | null
  /** Classes beside `button`. */
  readonly look?: string
}

/** A button that sends a request: off while one is under way, and while the server can’t be reached, so that nothing is sent of which nobody knows whether it arrived. */
export function ActionButton({
  isPending = false,
  pendingLabel = 'Asking the server …',
  look = '',
  type = 'button',
  disabled = false,
  children,
  ...rest
}: ActionButtonProps) {
  const isOffline = useIsOffline()
  return (
    <button
      title={isOffline ? 'Off until the server is reached' : undefined}
      {...rest}
      className={`button ${look}`.trim()}
      type={type}
      disabled={disabled || isOffline || isPending}
    >
      {isPending && pendingLabel !== null ? pendingLabel : children}
    </button>
  )
}
