// An answer that is an error, in the form of Google's JSON APIs.
const statusNames = {
  400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED', 404: 'NOT_FOUND',
  409: 'ALREADY_EXISTS', 412: 'FAILED_PRECONDITION', 429: 'RESOURCE_EXHAUSTED', 500: 'INTERNAL',
  503: 'UNAVAILABLE',
};

export class ApiError extends Error {
  constructor(status, reason, message, extra = {}) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.location = extra.location;
    this.headers = extra.headers ?? {};
  }

  answer() {
    const item = { message: this.message, domain: 'global', reason: this.reason };
    if (this.location !== undefined) item.location = this.location;
    return {
      status: this.status,
      headers: this.headers,
      json: {
        error: {
          code: this.status, message: this.message, errors: [item],
          status: statusNames[this.status] ?? 'UNKNOWN',
        },
      },
    };
  }
}

export const notFound = what => new ApiError(404, 'notFound', `Not found: ${what}`);
export const duplicate = what => new ApiError(409, 'duplicate', `Already Exists: ${what}`);
