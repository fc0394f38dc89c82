"""The schema's history, run by `avouch up`, `avouch demo` and `avouch migrate`."""
