def deliver_due() -> bool:
    return False
