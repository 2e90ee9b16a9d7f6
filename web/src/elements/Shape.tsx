import type { Tone } from './words.ts'

/** One shape for each tone, distinguishable without colour: outlined if waiting, filled if over. */
const SHAPES: Readonly<Record<Tone, React.ReactNode>> = {
  quiet: <circle cx="8" cy="8" r="5.75" strokeDasharray="2.4 2.1" />,
  live: (
    <>
      <circle cx="8" cy="8" r="5.75" className="shape-faint" />
      <path d="M8 2.25A5.75 5.75 0 0 1 13.75 8" className="shape-turn" />
      <circle cx="8" cy="8" r="2" className="shape-full" />
    </>
  ),
  ask: (
    <>
      <circle cx="8" cy="8" r="5.75" />
      <path d="M6.2 6.5a1.8 1.8 0 1 1 2.6 1.6c-.5.3-.8.6-.8 1.2M8 11.400v.1" />
    </>
  ),
  hold: (
    <>
      <circle cx="8" cy="8" r="5.75" />
      <path d="M6.400 6v4M9.600 6v4" />
    </>
  ),
  stop: (
    <>
      <circle cx="8" cy="8" r="5.75" strokeDasharray="2.4 2.1" />
      <path d="m6.200 6.200 3.600 3.600m0-3.600-3.600 3.600" />
    </>
  ),
  good: (
    <>
      <circle cx="8" cy="8" r="6.500" className="shape-full" />
      <path d="m5.200 8.200 2 2 3.700-4.200" className="shape-cut" />
    </>
  ),
  half: (
    <>
      <circle cx="8" cy="8" r="5.75" />
      <path d="M8 2.250a5.750 5.750 0 0 0 0 11.500z" className="shape-full" />
    </>
  ),
  bad: (
    <>
      <path
        d="M5.300 1.500h5.400l3.800 3.800v5.400l-3.800 3.800H5.300l-3.800-3.800V5.300z"
        className="shape-full"
      />
      <path d="m5.800 5.800 4.400 4.400m0-4.400-4.400 4.400" className="shape-cut" />
    </>
  ),
  gone: (
    <>
      <circle cx="8" cy="8" r="5.75" />
      <path d="m4 12 8-8" />
    </>
  ),
}

/** The shape of a tone; the text beside it says the same. */
export function Shape({ tone }: { readonly tone: Tone }) {
  return (
    <svg
      className={`shape tone-${tone}`}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      aria-hidden="true"
      focusable="false"
    >
      {SHAPES[tone]}
    </svg>
  )
}
