import * as react from 'react/jsx-dev-runtime'
import { visibleProps } from './visibleProps.ts'

export { Fragment } from 'react/jsx-dev-runtime'

/** As React's, with invisible characters in rendered text escaped. */
export const jsxDEV: typeof react.jsxDEV = (type, props, ...more) =>
  react.jsxDEV(type, visibleProps(type, props as never), ...more)
