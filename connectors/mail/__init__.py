"""Reading mails: opening them safely, telling orders from notices, and finding an order's fields."""
