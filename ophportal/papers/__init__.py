"""The papers that the portal writes in the office's name, as tagged PDF (PDF/UA-1): a file a paper."""
