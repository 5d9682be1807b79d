/** What the preload script hands to the page as `window.linchpin`; absent in a browser. */
export interface LinchpinBridge {
  /**
   * Asks for a MessagePort to the application. It arrives as a `message` event of the window whose data is
   * PORT_MESSAGE and whose first port it is: a port cannot cross the context bridge itself.
   */
  requestPort(): void
  /** The path of a dropped or chosen file; empty when it has none. */
  pathForFile(file: File): string
}

export const PORT_MESSAGE = 'linchpin:port'

/** Menu commands arrive as `message` events whose data is `{ type: COMMAND_MESSAGE, command }`. */
export const COMMAND_MESSAGE = 'linchpin:command'
export type MenuCommand =
  'new-study' | 'open-study' | 'open-sample' | 'add-models' | 'set-images' | 'measure' | 'filter'

/**
 * The system asked for a study to be opened (a double click, an argument): `message` events whose data is
 * `{ type: OPEN_STUDY_MESSAGE, path }`, none before the page has asked for its port.
 */
export const OPEN_STUDY_MESSAGE = 'linchpin:open-study'
