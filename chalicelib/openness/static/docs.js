// Swagger UI on our own description, with a new Idempotency-Key for each intended change.
"use strict";

(() => {
  const PLACEHOLDER = "00000000-0000-4000-8000-000000000000"; // the example in openapi.json
  const NAME = "Idempotency-Key";
  const fields = new Map(); // operation -> its Idempotency-Key parameter

  function uuid() {
    if (crypto.randomUUID) return crypto.randomUUID(); // only on https and localhost
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  // The field shows the key that will be sent. After a success it gets a new one; after a refusal the key stays,
  // since the same key may be sent again. Paste an old key to see a replay.
  const freshKeys = {
    statePlugins: {
      spec: {
        wrapActions: {
          changeParamByIdentity: (original) => (path, param, value, isXml) => {
            if (param.get("name") !== NAME) return original(path, param, value, isXml);
            fields.set(path.join(" "), param);
            return original(path, param, value === PLACEHOLDER ? uuid() : value, isXml);
          },
          setResponse: (original, system) => (path, method, response) => {
            const field = fields.get(`${path} ${method}`);
            if (field && response.status >= 200 && response.status < 300) {
              system.specActions.changeParamByIdentity([path, method], field, uuid(), false);
            }
            return original(path, method, response);
          },
        },
      },
    },
  };

  window.ui = SwaggerUIBundle({
    url: "openapi.json",
    dom_id: "#docs",
    deepLinking: true,
    validatorUrl: null, // no request leaves this origin
    filter: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    plugins: [() => freshKeys],
    requestInterceptor: (request) => {
      if (request.headers[NAME] === PLACEHOLDER) request.headers[NAME] = uuid();
      return request;
    },
  });
})();
