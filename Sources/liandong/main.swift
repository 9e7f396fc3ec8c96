print("liandong")
