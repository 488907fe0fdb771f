/** Something about a person's data that they can mend. The message is shown as it is. */
export class DataError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DataError';
  }
}
